/**
 * The console begins here. How a page of it is written, in short (all of it: docs/console.md):
 *
 * 1. `words/<subject>.ts` – every text it shows, English and Arabic side by side. No text stands in TSX; a test looks.
 * 2. `api/wire.ts` – the shapes it reads. A test holds them against the route tables.
 * 3. `pages/<name>.tsx` – a default export that draws `<Page>`; lists are `useFilters` + `useResource` + `<Table>`,
 *    one thing is `useResource(path, {}, { watch, id })`, changes are `<Form>` in a `<Dialog>`, `<Confirm>` or `attempt`.
 *    `watch` names the kinds of changes (`api/live.ts`) after which it is read again: that is all that "live" takes.
 * 4. `pages.tsx` – its row: path, role, and its place in the navigation.
 *
 * `pages/devices.tsx` and `pages/device.tsx` are the example to start from. Looks are in `look/`: only tokens, classes
 * that parts use, and logical properties, so that right-to-left needs nothing. Components that many pages use go to
 * `parts/`; nothing in here imports anything of the engine.
 */
// Here and not where plots are drawn: styles of a part that is loaded later are not loaded with it.
import 'uplot/dist/uPlot.min.css';
import '../../pages/app/look/tokens.css';
import '../../pages/app/look/base.css';
import '../../pages/app/look/frame.css';
import './look/shell.css';
import '../../pages/app/look/parts.css';
import '../../pages/app/look/table.css';
import '../../pages/app/look/form.css';
import './look/charts.css';
import './look/overview.css';
import './look/setup.css';
import '../../pages/app/look/toast.css';
import { render } from 'preact';
import { dressDocument } from '../../pages/app/shell/theme.ts';
import { resume } from './api/client.ts';
import { followSession } from './api/live.ts';
import { App } from './shell/app.tsx';

dressDocument();
followSession();
void resume();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
