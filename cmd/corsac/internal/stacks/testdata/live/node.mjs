import http from 'node:http';
SNIPPET
