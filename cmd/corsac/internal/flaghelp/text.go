package flaghelp

import (
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

// Help writes what a command does, and its usage as [Print] does.
func Help(out io.Writer, cmd *cobra.Command, width int) error {
	about := cmd.Long
	if about == "" {
		about = cmd.Short
	}
	w := &terminal.Writer{Out: out, Width: width}
	prose(w, about)
	w.Line("")
	if err := w.Err(); err != nil {
		return err
	}
	return Print(out, cmd, width)
}

// item matches a line of a list: a word or a few, and text after two blanks.
var item = regexp.MustCompile(`^( +\S+(?: \S+)* {2,})(\S.*)$`)

// prose writes text that is wrapped at 80 columns. If there are fewer, its
// paragraphs and the items of its lists are wrapped anew.
func prose(w *terminal.Writer, text string) {
	if w.Width <= 0 || w.Width >= 80 {
		w.Line(text)
		return
	}
	var paragraph []string
	flush := func() {
		if len(paragraph) > 0 {
			w.Paragraph("", strings.Join(paragraph, " "))
		}
		paragraph = nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") {
			paragraph = append(paragraph, line)
			continue
		}
		flush()
		if m := item.FindStringSubmatch(line); m != nil {
			w.Paragraph(m[1], m[2])
		} else {
			w.Line(line)
		}
	}
	flush()
}
