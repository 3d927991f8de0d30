import Hapi from '@hapi/hapi';
SNIPPET
server.settings.debug = false;
server.route({ method: ['GET', 'PUT', 'PATCH'], path: '/x', handler: (request, h) => h.response({}).header('X-Total-Count', '3') });
server.route({ method: 'GET', path: '/401', handler: (request, h) => h.response({}).code(401) });
server.route({ method: 'GET', path: '/500', handler: () => { throw new Error('boom'); } });
await server.start();
