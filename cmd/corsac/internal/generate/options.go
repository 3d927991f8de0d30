package generate

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/internal/similar"
)

// Options are what corsac generate can be asked for, named after its flags.
type Options struct {
	Dir                     string // of -o
	As                      string
	Include, Runnable, Test bool
	Listen, Upstream        string
}

// Lookup returns the stack of a name, or says which may be meant.
func Lookup(name string) (*stacks.Stack, error) {
	if s := stacks.Lookup(name); s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("%q is not a stack that corsac knows; %s", name, nearest(name))
}

// nearest says which stack is probably meant, and where all are.
func nearest(name string) string {
	if meant := similar.Nearest(name, stacks.Names(), strings.ToLower); meant != "" {
		return "did you mean " + meant + "?"
	}
	return "corsac generate --list shows all"
}

// Check says which options do not go together, or with the stack.
func (o *Options) Check(s *stacks.Stack) error {
	var errs []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	if s.Form(o.As) == nil {
		wrong(len(s.Forms) == 0, "--as works for %s", strings.Join(Formed(), ", "))
		wrong(len(s.Forms) > 0, "--as %q is not a form of %s; it has %s", o.As, s.Name, strings.Join(s.FormNames(), ", "))
	}
	wrong(o.As != "" && o.Runnable, "--as and --runnable cannot be used together")
	proxy := s.Server != nil && s.Server.Upstream
	wrong(o.Include && s.Name != "nginx", "--include is for nginx only")
	wrong(o.Include && o.Runnable, "--include and --runnable cannot be used together")
	wrong(o.Include && o.Dir == "", "--include writes two files: add -o DIR")
	wrong(o.Test && (s.Server == nil || s.Server.Test == ""), "--test works for %s", strings.Join(Tested(), ", "))
	wrong(o.Runnable && s.Server == nil, "--runnable works for %s", strings.Join(Runnable(), ", "))
	wrong(o.Runnable && o.Dir == "", "--runnable writes a folder: add -o DIR")
	wrong(o.Runnable && proxy && o.Upstream == "", "--runnable needs --upstream, such as http://127.0.0.1:9000")
	wrong(o.Upstream != "" && (!o.Runnable || !proxy), "--upstream is for --runnable of a stack that forwards")
	wrong(o.Listen != config.DefaultListen && !o.Runnable, "--listen is for --runnable")
	if o.Runnable {
		_, err := ParseAddresses(o.Listen, o.Upstream)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Formed returns the names of the stacks that have other forms, with those.
func Formed() (list []string) {
	for _, s := range stacks.All() {
		if len(s.Forms) > 0 {
			list = append(list, s.Name+" ("+strings.Join(s.FormNames(), ", ")+")")
		}
	}
	return list
}

// Forms returns all names of forms.
func Forms() (names []string) {
	for _, s := range stacks.All() {
		names = append(names, s.FormNames()...)
	}
	return names
}

// Make returns what the options ask for: [Include], [Folder] or [Make].
func (o *Options) Make(r Request) (*Output, error) {
	r.Form = o.As
	switch {
	case o.Include:
		return Include(r)
	case o.Runnable:
		at, err := ParseAddresses(o.Listen, o.Upstream)
		if err != nil {
			return nil, err
		}
		return Folder(r, at)
	}
	return Make(r)
}

// Notes prints where an output belongs, and what to know about it.
func (o *Options) Notes(w *terminal.Writer, out *Output) {
	if o.Runnable {
		w.Paragraph("start: ", filepath.Join(o.Dir, "run.sh"))
	} else {
		if out.Install != "" {
			w.Line("install: " + out.Install) // in one line, to be copied
		}
		w.Paragraph("place: ", strings.TrimSuffix(out.File+", "+out.Place, ", "))
	}
	for _, note := range out.Notes {
		w.Paragraph(w.Notice("note:")+" ", note)
	}
}
