package shell

import (
	"os/exec"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestWord checks that a shell reads a quoted word as the original.
func TestWord(t *testing.T) {
	testenv.Program(t, "a shell of POSIX", "sh")
	for _, word := range []string{
		"", "plain", "it's", `a "b" $c ` + "`d`" + ` \e`, "tab\tand\nline", "\x01'\\\x7f", "bytes \xe9\xff", "é", "-n", "%s", "\x1b[31m%d",
	} {
		out, err := exec.CommandContext(t.Context(), "sh", "-ec", "printf %s "+Word(word)).Output()
		if err != nil || string(out) != word {
			t.Errorf("%q is quoted as %s and read as %q, %v", word, Word(word), out, err)
		}
	}
}
