package paste

import (
	"regexp"
	"sync"
)

// lazily compiles an expression when it is first used. Compiling all of them
// takes a millisecond, which is a tenth of a "corsac check" that reads no
// paste.
func lazily(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
