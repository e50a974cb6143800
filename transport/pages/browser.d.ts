/** Style sheets, which the bundler takes in beside programs. */
declare module '*.css';
