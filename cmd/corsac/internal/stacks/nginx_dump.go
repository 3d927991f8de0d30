package stacks

import (
	"path"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/nginxconf"
)

// nginxSection is a file in the output of nginx -T, which has all files in one.
type nginxSection struct {
	name       string
	directives []*nginxconf.Directive
	used       bool
}

// nginxMarker begins the line that comes before a file in the output of nginx -T.
const nginxMarker = "# configuration file "

// nginxSections returns the files in a text, if it is the output of nginx -T.
func nginxSections(f *source.File, directives []*nginxconf.Directive) (list []*nginxSection) {
	if !strings.HasPrefix(f.Text, nginxMarker) {
		return nil
	}
	for at := 0; at < len(f.Text); {
		end := f.LineEnd(at)
		name, marked := strings.CutPrefix(strings.TrimRight(f.Text[at:end], "\r\n"), nginxMarker)
		for len(directives) > 0 && directives[0].Start < at {
			last := list[len(list)-1]
			last.directives, directives = append(last.directives, directives[0]), directives[1:]
		}
		if marked {
			list = append(list, &nginxSection{name: strings.TrimSuffix(name, ":")})
		}
		at = end
	}
	last := list[len(list)-1]
	last.directives = append(last.directives, directives...)
	return list
}

// dumped returns the sections that an include names.
func (l *nginxLoader) dumped(pattern string) (list []*nginxSection) {
	if len(l.sections) == 0 {
		return nil
	}
	if !path.IsAbs(pattern) {
		pattern = path.Join(path.Dir(l.sections[0].name), pattern)
	}
	for _, s := range l.sections {
		if ok, _ := path.Match(pattern, s.name); ok || s.name == pattern {
			list = append(list, s)
		}
	}
	return list
}

// includeDumped puts sections in the place of an include. It returns false if there
// are none.
func (l *nginxLoader) includeDumped(in, n *nginxNode, via []string) bool {
	list := l.dumped(n.arg(1))
	for _, s := range list {
		if !l.nests(n, via, s.name) {
			break
		}
		s.used = true
		l.fill(in, n.file, s.directives, append(via[:len(via):len(via)], s.name))
	}
	return len(list) > 0
}
