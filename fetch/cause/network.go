package cause

import (
	"slices"

	"github.com/corsac-dev/corsac/fetch"
)

// notCORS begins the explanation of a network failure.
const notCORS = "This is not CORS: there was no response to check, though script sees the same failure. "

// fault is a failure of the network that has a code of its own.
func fault(c *Cause, codes ...fetch.Code) *Cause {
	c.Side, c.at = Network, atFailed
	c.Example = fromApp(get(), Answer{Error: codes[0]})
	c.Fixed = answered(read)
	c.applies = func(s *scene) bool { return slices.Contains(codes, fetch.Code(s.code())) }
	return c
}
