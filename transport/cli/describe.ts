/** `thenar describe`: the documents of the interfaces, for generators and reviews. */
import { writeFileSync } from 'node:fs';
import { Argument, type Command } from 'commander';
import { link } from '../apis/link/facade.ts';
import { asyncApi } from '../asyncapi/document.ts';
import { type ApiInfo, apiInfo, openApi } from '../http/openapi.ts';

const documents: Readonly<Record<string, (info: ApiInfo) => object>> = {
  openapi: (info) => openApi([link], info),
  asyncapi: asyncApi,
};

export function describeCommand(program: Command, version: string): void {
  program
    .command('describe')
    .description(
      'print the document of an interface: REST as OpenAPI 3.1, scanners and webhooks as AsyncAPI 3',
    )
    .addArgument(new Argument('<document>').choices(Object.keys(documents)))
    .option('--out <FILE>', 'write it to a file')
    .action((name: string, { out }: { readonly out?: string }) => {
      const document = documents[name]?.(apiInfo(version));
      const text = `${JSON.stringify(document, null, 2)}\n`;
      if (out === undefined) process.stdout.write(text);
      else writeFileSync(out, text);
    });
}
