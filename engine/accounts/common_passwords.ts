/**
 * The commonest passwords of public leaks that are long enough to be chosen here, reduced as `password_rules.ts`
 * does: lower case, letters and digits only, without digits at the end. So `Password123!` is `password`.
 */
export const commonPasswords: ReadonlySet<string> = new Set(
  `password passw0rd p4ssw0rd p4ssword pass password1 mypassword passwort contrasena motdepasse
  qwerty qwertyuiop qwertyui qwertz azerty azertyuiop asdfghjkl asdfghjk asdfasdf zxcvbnm zxcvbnmm qazwsx qazwsxedc
  1qaz2wsx 1q2w3e4r 1q2w3e4r5t 1q2w3e q1w2e3r4 q1w2e3r4t5 1qazxsw 1qaz2wsx3edc zaq12wsx qweasd qweasdzxc qwe
  abc abcd abcde abcdef abcdefg abcdefgh abcabc a1b2c3d4 a1b2c3 aa aaa
  iloveyou loveyou iloveu loveme lovely babygirl sunshine princess football baseball basketball superman batman
  starwars pokemon charlie michael jennifer jordan jessica michelle daniel ashley nicole computer internet
  welcome letmein whatever trustno monkey dragon shadow master freedom flower summer winter spring autumn
  admin administrator adminadmin root changeme default guest secret letmein access login user test testtest testing
  google facebook linkedin samsung corvette mercedes ferrari liverpool arsenal chelsea barcelona realmadrid
  blink maverick cocacola midnight butterfly elephant hello helloworld hellohello goodluck thomas hunter killer
  qwerty123456 nothing qazxsw asdf zxcv poiuytrewq lkjhgfdsa mnbvcxz thankyou bismillah inshallah mohammed
  muhammad ahmed abdullah saudi saudiarabia riyadh jeddah thenar palm`
    .split(/\s+/)
    .filter((word) => word !== ''),
);
