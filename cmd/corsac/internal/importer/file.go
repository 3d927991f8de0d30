package importer

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/internal/visible"
	"github.com/corsac-dev/corsac/internal/yamlread"
	"github.com/corsac-dev/corsac/policyfile"
)

// maxComment bounds a comment, in characters.
const maxComment = 400

// file is a corsac.yaml that is being written.
type file struct{ strings.Builder }

// line writes a line with a comment after it, unless that is "".
func (f *file) line(text, comment string) {
	if comment != "" {
		comment = " # " + clean(comment)
	}
	f.WriteString(text + comment + "\n")
}

// comment writes a line that is a comment.
func (f *file) comment(indent, text string) { f.WriteString(indent + "# " + clean(text) + "\n") }

// clean returns text that stays in its comment, whatever it is.
func clean(text string) string {
	text = visible.Escape(strings.ToValidUTF8(text, "\uFFFD"))
	if r := []rune(text); len(r) > maxComment {
		text = string(r[:maxComment]) + "…"
	}
	return text
}

// File returns the corsac.yaml. Without a valid policy, it has only comments.
func (im *Import) File() string {
	var f file
	valid := im.Valid()
	if len(valid) > 0 {
		f.line("policies:", "")
	}
	for _, p := range im.Policies {
		if p.Policy != nil {
			p.write(&f)
		} else {
			p.writeRefused(&f)
		}
	}
	f.remarks("", "Not carried over:", im.Remarks)
	im.writeRoutes(&f)
	return f.String()
}

// write writes a valid policy.
func (p *Policy) write(f *file) {
	f.line("  "+yamlread.WriteText(p.Name)+":", p.where())
	field := ""
	for i := range p.Entries {
		e := &p.Entries[i]
		line, err := policyfile.Line(e.Field, e.Value)
		if err != nil { // what a valid policy has, a file can have
			continue
		}
		name, value, _ := strings.Cut(line, ": ")
		item, isList := strings.CutPrefix(value, "[")
		switch {
		case !isList:
			f.line("    "+line, e.from())
		default:
			if e.Field != field {
				f.line("    "+name+":", "")
			}
			f.line("      - "+strings.TrimSuffix(item, "]"), e.from())
		}
		field = e.Field
	}
	f.remarks("    ", "Not carried over, or not quite:", p.Remarks)
}

// writeRefused writes a policy that corsac refuses as comments.
func (p *Policy) writeRefused(f *file) {
	f.comment("  ", p.Name+" ("+p.where()+") is not a valid policy:")
	for _, problem := range p.Errors {
		f.comment("  ", "  "+problem)
	}
	f.comment("  ", "It says:")
	for i := range p.Entries {
		e := &p.Entries[i]
		f.comment("  ", fmt.Sprintf("  %s: %q (%s)", e.Field, e.Value, e.from()))
	}
	f.remarks("  ", "Not carried over, or not quite:", p.Remarks)
}

func (f *file) remarks(indent, title string, list []Remark) {
	if len(list) > 0 {
		f.comment(indent, title)
	}
	for i := range list {
		f.comment(indent, "  "+list[i].Line())
	}
}

// Line returns a remark in a line: where, what, and why.
func (r *Remark) Line() string {
	what := string(r.Kind)
	if r.Field != "" {
		what += ", " + r.Field
	}
	return finding.Position(r.Place) + " (" + what + "): " + r.Text
}

// where says where a policy comes from.
func (p *Policy) where() string {
	s := p.Sites[0].Title + ", " + finding.Position(p.Sites[0].Place)
	if more := len(p.Sites) - 1; more > 0 {
		s += fmt.Sprintf(", and %d more like it", more)
	}
	return s
}

// from says where an entry comes from.
func (e *Entry) from() string {
	const most = 3
	var places []string
	for i, p := range e.Places {
		if i == most {
			places = append(places, "…")
			break
		}
		places = append(places, finding.Position(p))
	}
	s := strings.Join(places, ", ")
	if e.Default {
		s += " (by default)"
	}
	return s
}

// writeRoutes writes the gateway, if there is a route that it can have.
func (im *Import) writeRoutes(f *file) {
	begun := false
	for i := range im.Routes {
		r := &im.Routes[i]
		if r.Problem != "" {
			continue
		}
		if !begun {
			f.line("gateway:", "")
			f.line("  listen: "+im.Listen, "not from the files")
			f.line("  routes:", "")
			begun = true
		}
		f.line("    - path: "+yamlread.WriteText(r.Path), r.Where.Title+", "+finding.Position(r.Where.Place))
		if r.Host != "" {
			f.line("      host: "+yamlread.WriteText(r.Host), "")
		}
		f.line("      upstream: "+yamlread.WriteText(r.Upstream), "")
		f.line("      policy: "+yamlread.WriteText(r.Policy), "")
		if r.PreserveHost {
			f.line("      preserve_host: true", "")
		}
	}
	f.remarks("", "One listener:", im.Listeners)
	for i := range im.Routes {
		if r := &im.Routes[i]; r.Problem != "" {
			f.comment("", r.left())
		}
	}
}
