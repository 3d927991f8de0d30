package cli

import (
	"os/exec"
	"testing"
)

// A shell takes a quoted word for what it was.
func TestShellWord(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh")
	}
	for _, word := range []string{
		"", "plain", "it's", `a "b" $c ` + "`d`" + ` \e`, "tab\tand\nline", "\x01'\\\x7f", "bytes \xe9\xff", "é", "-n", "%s", "\x1b[31m%d",
	} {
		out, err := exec.CommandContext(t.Context(), "sh", "-ec", "printf %s "+shellWord(word)).Output()
		if err != nil || string(out) != word {
			t.Errorf("%q is quoted as %s and read as %q, %v", word, shellWord(word), out, err)
		}
	}
}
