/**
 * The inspector begins here: one page at the root of the ops listener. `api/live.ts` follows the engine's stream,
 * `tree.ts` makes rows of what it told, `views/actors.tsx` draws those rows that are in sight; the other views read
 * a list every few seconds. Parts, styles and words that it has in common with the console are in `pages/app/`.
 */
import '../../pages/app/look/tokens.css';
import '../../pages/app/look/base.css';
import '../../pages/app/look/frame.css';
import '../../pages/app/look/parts.css';
import '../../pages/app/look/table.css';
import '../../pages/app/look/form.css';
import '../../pages/app/look/toast.css';
import './look/page.css';
import './look/actors.css';
import './look/detail.css';
import { render } from 'preact';
import { dressDocument } from '../../pages/app/shell/theme.ts';
import { followActors } from './api/live.ts';
import { Inspector } from './views/inspector.tsx';

dressDocument();
followActors();
const root = document.getElementById('app');
if (root !== null) render(<Inspector />, root);
