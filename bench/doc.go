// Command bench measures corsac's middleware side by side with its peers and
// prints the tables of docs/benchmarks.md.
//
// Numbers of two runs on a shared machine cannot be compared; numbers of two
// chunks that ran within a few milliseconds can. So each round runs one chunk
// of about 250 µs per library, in a new random order, and yields one ratio to
// jub0bs/cors, the fastest peer that checks what it must. The tables have the
// median over many rounds, and the best time. Two runs agree within a few per
// cent even on a busy machine.
//
// The same code can be a tenth faster or slower depending on where the linker
// puts it; this affects the runtime and every library. So the program builds
// itself several times, each time with all functions in another order, and
// combines the measurements.
//
// A library that omits work is fast. So each library must first show in each
// scenario that browsers reach the right verdict with it (package fetch is the
// browser), that a cache would keep its responses apart, and that it passes an
// OPTIONS request that is not a preflight to the application. One that fails is
// shown and marked, but not ranked.
package main
