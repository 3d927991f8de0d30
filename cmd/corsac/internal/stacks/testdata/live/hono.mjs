import { Hono } from 'hono';
import { serve } from '@hono/node-server';
const app = new Hono();
SNIPPET
app.all('/x', (c) => { c.header('X-Total-Count', '3'); return c.json({}); });
app.get('/401', (c) => c.text('', 401));
app.get('/500', () => { throw new Error('boom'); });
serve({ fetch: app.fetch, port: PORT, hostname: '127.0.0.1' });
