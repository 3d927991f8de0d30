// Command bench measures corsac's middleware side by side with its peers and
// prints the tables of docs/benchmarks.md.
//
// Numbers of two runs on a shared machine cannot be compared; numbers of two
// chunks that ran within a few milliseconds can. So each round runs one chunk of
// about 250 µs of every library, in an order that is shuffled anew, and gives
// one ratio to jub0bs/cors, the fastest peer that checks what it must; the median
// over many rounds is reported, beside the best time. Two runs agree within a
// few per cent even when the machine is busy.
//
// Where the linker happens to put a function can make the same code a tenth faster
// or slower, the runtime's and any library's. So the program builds itself several
// times, with all functions in another order, and puts together what each of those
// measured.
//
// A library that leaves work out is fast. Before anything is timed, each library
// has to show in each scenario that a browser comes to the right verdict with
// it (package fetch is the browser), that a cache would keep its responses
// apart, and that it leaves an OPTIONS request that is not a preflight to the
// application. One that fails is shown, marked, and not ranked.
package main
