import { createRequire } from 'node:module';
import express from 'express';
const require = createRequire(import.meta.url);

const app = express();
SNIPPET
app.all('/x', (req, res) => res.set('X-Total-Count', '3').json({}));
app.get('/401', (req, res) => res.sendStatus(401));
app.get('/500', () => { throw new Error('boom'); });
app.listen(PORT, '127.0.0.1');
