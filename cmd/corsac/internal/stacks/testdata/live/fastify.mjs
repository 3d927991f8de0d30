import { createRequire } from 'node:module';
import Fastify from 'fastify';
const require = createRequire(import.meta.url);

const fastify = Fastify();
SNIPPET
fastify.route({ method: ['GET', 'PUT', 'PATCH'], url: '/x', handler: async (req, res) => { res.header('X-Total-Count', '3'); return {}; } });
fastify.get('/401', async (req, res) => res.code(401).send({}));
fastify.get('/500', async () => { throw new Error('boom'); });
await fastify.listen({ port: PORT, host: '127.0.0.1' });
