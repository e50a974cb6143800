/** What people are written: texts with a code or a link. */
import type { Mail } from '../ports.ts';

export type Writing = Omit<Mail, 'to'>;

/** A name as it may stand in a subject: one line, of bounded length. */
function oneLine(name: string): string {
  return name.replace(/\p{C}/gu, ' ').replace(/\s+/g, ' ').trim().slice(0, 80);
}

const IGNORE = 'If this was not you, ignore this message: nothing happens without it.';

export function codeText(tenantName: string, code: string, minutes: number): string {
  return `${code} is your code for ${oneLine(tenantName)}. It works for ${minutes} minutes. Tell it to nobody.`;
}

export function codeMail(tenantName: string, code: string, minutes: number): Writing {
  return {
    subject: `${code} is your code for ${oneLine(tenantName)}`,
    text: `${codeText(tenantName, code, minutes)}\n\n${IGNORE}\n`,
  };
}

export function verificationMail(tenantName: string, link: string): Writing {
  const name = oneLine(tenantName);
  return {
    subject: `Confirm your e-mail address for ${name}`,
    text: `Somebody signed up at ${name} with this address. To confirm it, open\n\n${link}\n\n${IGNORE}\n`,
  };
}

export function alreadyRegisteredMail(tenantName: string): Writing {
  const name = oneLine(tenantName);
  return {
    subject: `You have an account at ${name} already`,
    text: `Somebody signed up at ${name} with this address, which has an account already. To get in, sign in, or ask for a new password.\n\n${IGNORE}\n`,
  };
}

export function resetMail(tenantName: string, token: string, minutes: number): Writing {
  const name = oneLine(tenantName);
  return {
    subject: `Set a new password for ${name}`,
    text: `Somebody asked for a new password for your account at ${name}. This token sets it, once, within ${minutes} minutes:\n\n${token}\n\n${IGNORE}\n`,
  };
}

export function passwordChangedMail(tenantName: string): Writing {
  const name = oneLine(tenantName);
  return {
    subject: `Your password for ${name} was changed`,
    text: `The password of your account at ${name} was changed and every session ended. If this was not you, ask for a new password at once.\n`,
  };
}

export function invitationMail(where: string, link: string, email: string, password: string): Writing {
  const name = oneLine(where);
  return {
    subject: `You are invited to the console of ${name}`,
    text: `You may work in the console of ${name} now:\n\n${link}\n\nE-mail: ${email}\nFirst password: ${password}\n\nIt works until you change it, which you should do at once.\n`,
  };
}
