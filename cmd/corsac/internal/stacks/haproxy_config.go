package stacks

import (
	"path"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/haproxycfg"
)

// haproxyFileNames are the names that files of HAProxy have.
var haproxyFileNames = []string{"haproxy.cfg", "*.cfg"}

// haproxyConfig is the configuration of HAProxy in one folder.
type haproxyConfig struct {
	engine   proxyEngine
	sections []*haproxySection
	defaults []*haproxySection
	tables   map[*haproxySection]*partTable // of frontends
	broken   []brokenFile
}

// haproxySection is a frontend, listen, backend or defaults.
type haproxySection struct {
	*haproxycfg.Section

	file *source.File
	end  int // of its last line
	// acls are the conditions with names, and captures the values that are kept.
	acls     map[string][]*haproxycfg.Line
	captures []*haproxycfg.Line
}

// kind returns frontend, listen or backend.
func (s *haproxySection) kind() string { return s.Word(0) }

// at returns the place of words of a line.
func (s *haproxySection) at(from, to haproxycfg.Word) proxyPlace {
	return proxyPlace{s.file, source.Span{Start: from.Start, End: to.End}}
}

// whole returns the place of a line.
func (s *haproxySection) whole(l *haproxycfg.Line) proxyPlace {
	return proxyPlace{s.file, source.Span{Start: l.Start, End: l.End}}
}

// loadHAProxy reads the files of a tree; those of a folder are one configuration.
func loadHAProxy(t *source.Tree) []*haproxyConfig {
	byFolder := map[string]*haproxyConfig{}
	var list []*haproxyConfig
	for _, f := range t.Files(haproxyFileNames...) {
		sections, err := haproxycfg.Parse(f.Text)
		if !haproxyLike(f, sections) {
			continue
		}
		c := byFolder[path.Dir(f.Name)]
		if c == nil {
			c = &haproxyConfig{tables: map[*haproxySection]*partTable{}}
			byFolder[path.Dir(f.Name)] = c
			list = append(list, c)
		}
		if err != nil {
			b := brokenFile{file: f, problem: err.Error()}
			if e, ok := err.(*haproxycfg.Error); ok { //nolint:errorlint // Parse returns it as it is
				b.offset = e.Offset
			}
			c.broken = append(c.broken, b)
			continue
		}
		for _, s := range sections {
			if slices.Contains([]string{"frontend", "listen", "backend"}, s.Word(0)) {
				c.sections = append(c.sections, haproxySectionOf(f, s))
			} else if s.Word(0) == "defaults" {
				c.defaults = append(c.defaults, haproxySectionOf(f, s))
			}
		}
	}
	return list
}

// haproxyLike reports whether a file is one of HAProxy: many programs have files
// named .cfg.
func haproxyLike(f *source.File, sections []*haproxycfg.Section) bool {
	if path.Base(f.Name) == "haproxy.cfg" {
		return true
	}
	for _, s := range sections {
		if slices.Contains([]string{"frontend", "listen", "backend"}, s.Word(0)) && len(s.Words) > 1 {
			for _, l := range s.Lines {
				if slices.Contains([]string{"bind", "server", "default_backend", "http-request", "http-response", "http-after-response"}, l.Word(0)) {
					return true
				}
			}
		}
	}
	return false
}

// haproxySectionOf returns a section with its conditions and captures.
func haproxySectionOf(f *source.File, parsed *haproxycfg.Section) *haproxySection {
	s := &haproxySection{Section: parsed, file: f, end: parsed.End, acls: map[string][]*haproxycfg.Line{}}
	for _, l := range parsed.Lines {
		s.end = l.End
		switch {
		case l.Word(0) == "acl" && len(l.Words) > 2:
			s.acls[l.Word(1)] = append(s.acls[l.Word(1)], l)
		case l.Word(0) == "capture" && l.Word(1) == "request", l.Word(0) == "http-request" && l.Word(1) == "capture", l.Word(0) == "declare" && l.Word(1) == "capture" && l.Word(2) == "request":
			s.captures = append(s.captures, l)
		}
	}
	return s
}

// backend returns the section with servers of a name, or nil.
func (c *haproxyConfig) backend(name string) *haproxySection {
	for _, s := range c.sections {
		if s.Word(1) == name && s.kind() != "frontend" {
			return s
		}
	}
	return nil
}

// user returns a frontend that forwards to a backend, and the line that says so;
// nil if there is none.
func (c *haproxyConfig) user(backend *haproxySection) (*haproxySection, *haproxycfg.Line) {
	for _, s := range c.sections {
		for _, l := range s.Lines {
			if (l.Word(0) == "use_backend" || l.Word(0) == "default_backend") && l.Word(1) == backend.Word(1) {
				return s, l
			}
		}
	}
	return nil, nil
}

// split returns the words of a line from the one at i up to its condition, those of
// the condition, and whether it is unless.
func haproxySplit(words []haproxycfg.Word) (action, condition []haproxycfg.Word, unless bool) {
	for i, w := range words {
		if w.Text == "if" || w.Text == "unless" {
			return words[:i], words[i+1:], w.Text == "unless"
		}
	}
	return words, nil, false
}

// haproxyText returns the value of a word; one with a variable of the environment
// is not known.
func haproxyText(w haproxycfg.Word) string {
	if w.Variable {
		return proxyUnknown
	}
	return w.Text
}

// setsCORS reports whether a line sets a header of the CORS protocol.
func haproxySetsCORS(l *haproxycfg.Line) bool {
	switch l.Word(0) {
	case "http-response", "http-after-response":
		return (l.Word(1) == "set-header" || l.Word(1) == "add-header") && isCORSHeader(l.Word(2))
	case "http-request":
		for i, w := range l.Words {
			if w.Text == "hdr" && l.Word(1) == "return" && isCORSHeader(l.Word(i+1)) {
				return true
			}
		}
	case "rspadd":
		name, _, _ := strings.Cut(l.Word(1), ":")
		return isCORSHeader(name)
	}
	return false
}
