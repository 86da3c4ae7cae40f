/* Run before each file of the integration layer. A file that needs more says so itself. */
jest.setTimeout(30_000);
