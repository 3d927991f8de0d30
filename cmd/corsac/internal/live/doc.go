// Package live has tests of the program on real servers: nginx, Express, FastAPI,
// Flask, Django, Vite and others, configured well and badly. It has no code.
//
// What needs nothing but nginx and the Python packages of a distribution runs with
// all tests. What needs packages of npm runs with CORSAC_LIVE=1, as "make live"
// does.
package live
