package finding_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

// TestLinesAboutFiles checks that what the system says about a file is a sentence.
func TestLinesAboutFiles(t *testing.T) {
	t.Parallel()
	failed := func(op string) error { return &fs.PathError{Op: op, Path: "a.yaml", Err: fs.ErrNotExist} }
	for _, c := range []struct {
		err  error
		want string
	}{
		{failed("open"), "cannot open a.yaml: file does not exist"},
		{failed("lstat"), "cannot read a.yaml: file does not exist"},
		{fmt.Errorf("cannot read: %w", failed("stat")), "cannot read a.yaml: file does not exist"},
		{fmt.Errorf("cannot write: %w", failed("open")), "cannot open a.yaml: file does not exist"},
		{fmt.Errorf("--replay %q: %w", "a.yaml", failed("open")), `--replay "a.yaml": cannot open a.yaml: file does not exist`},
		{errors.Join(failed("open"), failed("mkdir")), "cannot open a.yaml: file does not exist\ncannot mkdir a.yaml: file does not exist"},
		{errors.New("open a.yaml"), "open a.yaml"},
	} {
		if got := strings.Join(finding.Lines(c.err), "\n"); got != c.want {
			t.Errorf("%v:\n%s\nwant:\n%s", c.err, got, c.want)
		}
	}
}
