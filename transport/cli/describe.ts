/** `thenar describe`: the documents of the interfaces, and what watches them, for generators and reviews. */
import { writeFileSync } from 'node:fs';
import { Argument, type Command } from 'commander';

const names = ['openapi', 'asyncapi', 'dashboard', 'alerts'] as const;
type Name = (typeof names)[number];

/** The tables are read when they are asked for: an engine that starts reads them while its database does. */
async function documentOf(name: Name, version: string): Promise<object | string> {
  if (name === 'dashboard') return (await import('../ops/metrics/dashboard.ts')).dashboard();
  if (name === 'alerts') return (await import('../ops/metrics/alerts.ts')).alertRules();
  const { apiInfo, openApi } = await import('../http/openapi.ts');
  const info = apiInfo(version);
  if (name === 'asyncapi') return (await import('../asyncapi/document.ts')).asyncApi(info);
  const { families } = await import('../apis/families.ts');
  return openApi(families, info);
}

export function describeCommand(program: Command, version: string): void {
  program
    .command('describe')
    .description(
      'print the document of an interface: REST as OpenAPI 3.1, scanners and webhooks as AsyncAPI 3; or what watches ' +
        'metrics: a Grafana dashboard, alert rules of Prometheus',
    )
    .addArgument(new Argument('<document>').choices(names))
    .option('--out <FILE>', 'write it to a file')
    .action(async (name: Name, { out }: { readonly out?: string }) => {
      const document = await documentOf(name, version);
      const text = typeof document === 'string' ? document : `${JSON.stringify(document, null, 2)}\n`;
      if (out === undefined) process.stdout.write(text);
      else writeFileSync(out, text);
    });
}
