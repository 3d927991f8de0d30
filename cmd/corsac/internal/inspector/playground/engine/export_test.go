package engine

// Read is read.
var Read = read
