package paste

import (
	"regexp"
	"sync"
)

// lazily compiles an expression when it is first used: together they take a
// millisecond, a tenth of a whole "corsac check" that reads no paste.
func lazily(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
