package stacks

import (
	"path"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/cfamily"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/conftree"
)

// fromSettings adds origins that come from the configuration: those of
// appsettings.json, if the key is written in the code. It is false if they are not
// known.
func (s *aspnetSite) fromSettings(r cfamily.Range) bool {
	at := s.code.Span(r)
	for r.End > r.Start+1 && s.code.At(r.End-1) == "!" {
		r.End--
	}
	if r.End == r.Start+1 {
		if init, ok := s.code.Initial(r.Start); ok {
			r = init
		}
	}
	key, separators, ok := s.code.settingsKey(r)
	if !ok {
		v := s.code.Value(r)
		s.dynamic("allow_origins", &v)
		return false
	}
	file, n := s.project.setting(s.File.Name, key)
	if n == nil {
		s.remark(Dynamic, "allow_origins", "It comes from the setting "+shorten(key)+", which no appsettings.json here has.", at)
		return false
	}
	s.remark(Differs, "allow_origins", "The origins are those of "+shorten(key)+" in "+file.Name+"; appsettings.{Environment}.json and environment variables can replace them.", at)
	for _, item := range n.Each() {
		for _, p := range split(item, "") {
			parts := []part{p}
			for _, separator := range separators {
				var each []part
				for _, p := range parts {
					each = append(each, p.between(separator)...)
				}
				parts = each
			}
			for _, p := range parts {
				p.file = file
				s.origins = append(s.origins, p)
			}
		}
	}
	return true
}

// changers are methods that make other values of those of a setting.
var changers = []string{"Where", "Concat", "Union", "Append", "Prepend", "Replace", "Except", "Skip", "Take", "Add", "AddRange"}

// settingsKey returns the key of a value of the configuration, such as
// Cors:AllowedOrigins, and the separators that it is split at. It is false if the
// expression is not that of one.
func (f *codeFile) settingsKey(r cfamily.Range) (key string, separators []string, ok bool) {
	var keys []string
	for i := r.Start; i < r.End; i++ {
		name := f.At(i)
		switch c, isCall := f.CallAt(i); {
		case slices.Contains(changers, name):
			return "", nil, false
		case name == "??":
			r.End = i // what it is without the setting
		case isCall && (name == "GetSection" || name == "GetValue" || name == "GetRequiredSection"):
			v := cfamily.Value{}
			if args := f.Args(c.Open); len(args) > 0 {
				v = f.Value(args[0])
			}
			if v.Kind != cfamily.StringValue {
				return "", nil, false
			}
			keys = append(keys, v.Text)
		case name == "[" && strings.Contains(strings.ToLower(f.At(i-1)), "config") && f.Skip(i) == i+3:
			if v := f.Value(cfamily.Range{Start: i + 1, End: i + 2}); v.Kind == cfamily.StringValue {
				keys = append(keys, v.Text)
			}
		case isCall && name == "Split":
			if args := f.Args(c.Open); len(args) > 0 {
				separators = append(separators, f.separators(args[0])...)
			}
		}
	}
	return strings.Join(keys, ":"), separators, len(keys) > 0
}

// separators returns what a text is split at: a character, a string, or a list of
// them.
func (f *codeFile) separators(r cfamily.Range) (list []string) {
	for i := r.Start; i < r.End; i++ {
		switch text := f.At(i); f.Kind(i) {
		case cfamily.Char:
			list = append(list, strings.Trim(text, "'"))
		case cfamily.String:
			if s, ok := cfamily.Literal(text, f.Language); ok && s != "" {
				list = append(list, s)
			}
		}
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// setting returns the value of a key in the appsettings.json next to a file, or in
// the nearest folder above it.
func (p *aspnetProject) setting(from, key string) (*source.File, *conftree.Node) {
	for dir := path.Dir(from); ; dir = path.Dir(dir) {
		name := path.Join(dir, "appsettings.json")
		if p.settings[name] == nil {
			p.settings[name] = &aspnetSettings{file: p.tree.Open(name)}
			if f := p.settings[name].file; f != nil {
				if docs := conftree.Read(f.Name, f.Text, nil); len(docs) > 0 {
					p.settings[name].root = docs[0].Root
				}
			}
		}
		if found := p.settings[name]; found.file != nil {
			if n := foldKey(found.root, key); n.Is(conftree.Text) || n.Is(conftree.List) {
				return found.file, n
			}
			return nil, nil
		}
		if dir == "." || dir == "/" {
			return nil, nil
		}
	}
}

// aspnetSettings is an appsettings.json; file is nil if there is none.
type aspnetSettings struct {
	file *source.File
	root *conftree.Node
}

// foldKey returns the value of a key whose parts have colons between them; a file
// can write some of them as one name.
func foldKey(n *conftree.Node, key string) *conftree.Node {
	if found := n.Fold(key); found != nil || n == nil {
		return found
	}
	for i := range len(key) {
		if key[i] == ':' {
			if inner := n.Fold(key[:i]); inner != nil {
				return foldKey(inner, key[i+1:])
			}
		}
	}
	return nil
}
