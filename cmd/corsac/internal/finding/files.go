package finding

import (
	"errors"
	"io/fs"
	"strings"
)

// inWords returns the text of an error, with what the system says about files as
// people would say it: "cannot open a.yaml", where Go says "open a.yaml".
func inWords(err error) string {
	text := err.Error()
	var path *fs.PathError
	if !errors.As(err, &path) {
		return text
	}
	could := "cannot " + path.Op + " "
	switch path.Op {
	case "stat", "lstat", "readdir", "readdirent":
		could = "cannot read "
	}
	text = strings.ReplaceAll(text, path.Error(), could+path.Path+": "+path.Err.Error())
	for _, twice := range []string{"cannot read: ", "cannot write: "} {
		text = strings.ReplaceAll(text, twice+could, could)
	}
	return text
}
