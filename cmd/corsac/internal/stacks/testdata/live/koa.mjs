import { createRequire } from 'node:module';
import Koa from 'koa';
const require = createRequire(import.meta.url);

const app = new Koa();
app.silent = true;
SNIPPET
app.use((ctx) => {
  if (ctx.path === '/x') { ctx.set('X-Total-Count', '3'); ctx.body = {}; }
  if (ctx.path === '/401') ctx.throw(401);
  if (ctx.path === '/500') throw new Error('boom');
});
app.listen(PORT, '127.0.0.1');
