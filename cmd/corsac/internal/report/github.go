package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

// githubForm writes workflow commands, which GitHub Actions shows as
// annotations: at the line of the file, where there is one.
func githubForm(w io.Writer, d *Document) error {
	for c, f := range d.all {
		var where []string
		if p := f.Place; p != nil && p.File != "" {
			where = append(where, "file="+escapeProperty(strings.ReplaceAll(p.File, `\`, "/")))
			if p.Line > 0 {
				where = append(where, fmt.Sprintf("line=%d", p.Line))
			}
			if p.Column > 0 {
				where = append(where, fmt.Sprintf("col=%d", p.Column))
			}
		}
		where = append(where, "title="+escapeProperty("corsac: "+d.name(c, f)))
		text := c.Name + ": " + prose(f)
		if c.Group != "" && !d.ByRule { // else it is the file
			text = c.Group + ": " + text
		}
		if _, err := fmt.Fprintf(w, "::%s %s::%s\n", annotation(f), strings.Join(where, ","), escapeData(text)); err != nil {
			return err
		}
	}
	return nil
}

func annotation(f *finding.Finding) string {
	if f.Severity != finding.Note {
		return string(f.Severity)
	}
	return "notice"
}

var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func escapeData(s string) string     { return dataEscapes.Replace(clean(s)) }
func escapeProperty(s string) string { return propertyEscapes.Replace(clean(s)) }
