/** Small pages of our own: one document, nothing loaded from anywhere, nothing inline but what is hashed here. */
import { createHash } from 'node:crypto';

export interface Page {
  readonly html: string;
  /** For the reply: the policy admits this page's own style by its hash, and nothing else. */
  readonly headers: Readonly<Record<string, string>>;
}

/** @param body HTML; whoever builds it escapes what is not ours with {@link escapeHtml} */
export function page(title: string, body: string, style: string): Page {
  const policy = [
    "default-src 'none'",
    `style-src '${hash(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
  return { html, headers: { 'content-security-policy': policy } };
}

function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
