package fix

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/generate"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/importer"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/origin"
)

// Project is a folder, and the stacks that it shows.
type Project struct {
	Tree *source.Tree
	// Found are the stacks, that to change first.
	Found []Found
	// Failed is the stack that could not be changed; nil if none failed.
	Failed *stacks.Stack
}

// Found is a stack of a project.
type Found struct {
	Stack *stacks.Stack
	// Sites are the places that decide about CORS, if there are any.
	Sites []*stacks.Site
	// Evidence says what shows the stack.
	Evidence string

	direct bool // it was put before the proxies that are there, too
}

// Look returns the stacks that a tree shows, or the one that the user names. First
// is the outermost that sets CORS headers already: a second one before it would
// double them. If none does, it is the outermost that corsac can change.
func Look(t *source.Tree, only *stacks.Stack) (*Project, error) {
	p := &Project{Tree: t}
	matches, err := stacks.Detect(t.FS())
	if err != nil {
		return nil, err
	}
	for _, m := range matches {
		if only == nil || m.Stack == only {
			p.Found = append(p.Found, Found{Stack: m.Stack, Evidence: m.Evidence[0]})
		}
	}
	for _, s := range importer.Sites(t, only) {
		p.add(&s)
	}
	if only != nil && len(p.Found) == 0 {
		p.Found = []Found{{Stack: only, Evidence: "you say so"}}
	}
	slices.SortStableFunc(p.Found, func(a, b Found) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(a.Stack.Layer, b.Stack.Layer))
	})
	return p, nil
}

// add adds a site to its stack.
func (p *Project) add(s *importer.Site) {
	i := slices.IndexFunc(p.Found, func(f Found) bool { return f.Stack == s.Stack })
	if i < 0 {
		i = len(p.Found)
		p.Found = append(p.Found, Found{Stack: s.Stack, Evidence: s.Tree.Show(s.File.Name) + " has " + s.Title})
	}
	p.Found[i].Sites = append(p.Found[i].Sites, s.Site)
}

// rank orders stacks: those that set headers, those that corsac can change, the
// others.
func (f *Found) rank() int {
	switch {
	case f.Sets():
		return 0
	case f.Stack.Source != nil && f.Stack.Source.Change != nil:
		return 1
	}
	return 2
}

// Sets reports whether the files of the stack set CORS headers.
func (f *Found) Sets() bool {
	return slices.ContainsFunc(f.Sites, sets)
}

// sets reports whether a site has settings, if only such as cannot be carried over. A
// remark about no field may be about a file that is not there.
func sets(s *stacks.Site) bool {
	return len(s.Draft.Entries) > 0 || slices.ContainsFunc(s.Draft.Remarks, func(r stacks.Remark) bool { return r.Kind != stacks.Lost || r.Field != "" })
}

// Proposal is what to do to a project.
type Proposal struct {
	Found
	// Patches are the changes. There are none of them if there is nothing to change,
	// or if Snippet says what the user has to do.
	Patches []Patch
	// Notes say what to know. Install is a command that installs what the change
	// needs, and URL where the server probably answers; both may be "". Address is
	// as in [stacks.Change].
	Notes                 []string
	Install, URL, Address string
	// Snippet is what to write and where, if corsac cannot do so; else nil.
	Snippet *generate.Output
}

// Propose returns what to change so that the first stack of the project does what
// is wanted. Without a stack, it returns nil. The error says why it cannot be done.
func (p *Project) Propose(w *stacks.Want) (*Proposal, error) {
	p.prefer(w)
	var notes []string
	for i := range p.Found {
		f := &p.Found[i]
		if f.Stack.Source == nil || f.Stack.Source.Change == nil {
			continue
		}
		c, err := f.Stack.Source.Change(p.Tree, f.Sites, w)
		if errors.Is(err, stacks.ErrNotHere) {
			notes = append(notes, fmt.Sprintf("%s: %v", f.Stack.Title, err))
			continue
		}
		if err != nil {
			p.Failed = f.Stack
			return nil, fmt.Errorf("%s: %w", f.Stack.Title, err)
		}
		patches, err := Patches(p.Tree, c.Edits, c.Files)
		if err != nil {
			return nil, err
		}
		return &Proposal{Found: *f, Patches: patches, Notes: append(notes, c.Notes...), Install: c.Install, URL: c.URL, Address: c.Address}, nil
	}
	if len(p.Found) == 0 {
		return nil, nil //nolint:nilnil // there is nothing to propose anything for
	}
	out, err := p.byHand(&p.Found[0], w)
	if out != nil {
		out.Notes = append(notes, out.Notes...)
	}
	return out, err
}

// prefer puts applications before the proxies in front of them, if nothing sets CORS
// headers yet and all pages are on this machine. Such pages mostly call the
// application itself, and its headers pass through a proxy, too.
func (p *Project) prefer(w *stacks.Want) {
	origins := slices.Concat(w.Set["allow_origins"], w.Add["allow_origins"])
	away := slices.ContainsFunc(origins, func(o string) bool { return !local(o) })
	if len(origins) == 0 || away || slices.ContainsFunc(p.Found, func(f Found) bool { return f.Sets() }) {
		return
	}
	slices.SortStableFunc(p.Found, func(a, b Found) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(outside(&a), outside(&b)))
	})
	if len(p.Found) > 1 && outside(&p.Found[0]) == 0 {
		p.Found[0].direct = slices.ContainsFunc(p.Found, func(f Found) bool { return outside(&f) > 0 })
	}
}

// outside is 0 for applications, and 1 for what stands in front of them.
func outside(f *Found) int {
	if f.Stack.Layer < stacks.Application {
		return 1
	}
	return 0
}

// local reports whether an origin, a pattern or a URL is on this machine.
func local(o string) bool {
	read, err := origin.ParseURL(strings.Replace(strings.TrimSuffix(o, ":*"), "://*.", "://", 1))
	return err == nil && read.AddressSpace() == origin.SpaceLoopback
}

// byHand returns what the user has to do to a stack that corsac cannot change,
// with the edits of its faults, which are safe.
func (p *Project) byHand(f *Found, w *stacks.Want) (*Proposal, error) {
	policy, err := w.Policy(&stacks.Draft{})
	if err != nil {
		return nil, err
	}
	out, err := generate.Make(generate.Request{Stack: f.Stack, Policy: policy, PolicyName: "app"})
	if err != nil {
		return nil, err
	}
	edits, _ := Safe(f.Sites, nil)
	patches, err := Patches(p.Tree, edits, nil)
	return &Proposal{Found: *f, Patches: patches, Notes: out.Notes, Snippet: out, Install: out.Install}, err
}

// Others says how to choose another stack than one that corsac can change, too; "" if
// there is only that one.
func (p *Project) Others(than *stacks.Stack) string {
	var names []string
	for i := range p.Found {
		if s := p.Found[i].Stack; s != than && s.Source != nil && s.Source.Change != nil {
			names = append(names, s.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "--stack " + strings.Join(names, " or ") + " chooses another"
}

// Why says why a stack is the one to change.
func (f *Found) Why() string {
	for _, s := range f.Sites {
		if sets(s) {
			return fmt.Sprintf("it sets CORS headers already, in %s of %s", s.Title, s.File.Name)
		}
	}
	if f.Stack.Layer < stacks.Application {
		return "it stands before the others and answers errors of its own: " + f.Evidence
	}
	if f.direct {
		return "pages on this machine mostly call it directly: " + f.Evidence
	}
	return f.Evidence
}
