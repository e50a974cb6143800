/** Throws where no test is. */
throw new Error('thrown while it loads');
