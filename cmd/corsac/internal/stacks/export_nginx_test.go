package stacks

// SamePolicy is for tests.
var SamePolicy = samePolicy
