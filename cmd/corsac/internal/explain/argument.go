package explain

import (
	"fmt"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
)

// slug is what a name of a cause looks like, and fileName what that of a file
// does: it has a separator or an ending, and is not a URL or the name of an error.
var (
	slug     = lazyregexp.New(`^[a-z0-9]+(-[a-z0-9]+)+$`)
	fileName = lazyregexp.New(`^(?:[A-Za-z]:\\)?[^\s:'"{}<>()]*(?:[/\\][^\s:'"{}<>()]*|[^\s:'"{}<>().]\.[A-Za-z0-9]{1,6})$`)
)

// CheckMessage returns an error if an argument that is not a file looks like the
// name of a cause or file, rather than a message.
func CheckMessage(argument string) error {
	switch {
	case slug.MatchString(argument):
		return fmt.Errorf("there is no cause and no file %q", argument)
	case fileName.MatchString(argument):
		return fmt.Errorf("there is no file %q", argument)
	}
	return nil
}
