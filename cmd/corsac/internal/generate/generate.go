package generate

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
)

// Request is what is to be generated.
type Request struct {
	Stack *stacks.Stack
	// Form is one of those that the stack has, or "" for the usual one.
	Form string
	// Policy is valid, and PolicyName is what the file calls it.
	Policy     *cors.Policy
	PolicyName string
	// Routes are what has the policy, if that is known.
	Routes []stacks.Route
	// AllowNarrower accepts a result that allows less than the policy.
	AllowNarrower bool

	// others is how many more policies the file has.
	others int
}

// Inexpressible is the error of a policy that a stack cannot carry out.
type Inexpressible struct {
	Stack *stacks.Stack
	// Lost could be accepted, Wider could not. One of them is not empty.
	Lost, Wider []stacks.Difference
}

// Error is the text of [Inexpressible.Unwrap].
func (e *Inexpressible) Error() string { return errors.Join(e.Unwrap()...).Error() }

// Unwrap returns an error for each difference, which says what to do instead.
func (e *Inexpressible) Unwrap() (errs []error) {
	add := func(list []stacks.Difference, than string) {
		for i, d := range list {
			text := d.Text + " " + d.Instead
			if i == 0 {
				text = fmt.Sprintf("%s would allow %s than the policy. %s", e.Stack.Title, than, text)
			}
			errs = append(errs, errors.New(text))
		}
	}
	add(e.Lost, "less")
	add(e.Wider, "more")
	return errs
}

// Output is what is generated.
type Output struct {
	stacks.Snippet
	// Files are complete, with the path of each.
	Files []File
	// Notes say what to know: what is lost, and what remains.
	Notes []string
}

// File is a file of an output.
type File struct {
	Path, Text string
	Executable bool
}

// Make returns the snippet of a request in one file, with a comment on what it
// is. The error may be an [*Inexpressible].
func Make(r Request) (*Output, error) {
	s := r.Stack.Form(r.Form)(r.Policy)
	if len(s.Wider) > 0 || len(s.Lost) > 0 && !r.AllowNarrower {
		e := &Inexpressible{Stack: r.Stack, Wider: s.Wider}
		if !r.AllowNarrower {
			e.Lost = s.Lost
		}
		return nil, e
	}
	unsaid := r.Stack.AddRoutes(&s, r.Routes)
	out := &Output{Snippet: s, Notes: append(s.Sentences(), unsaid...)}
	out.Files = []File{{Path: path(r.Stack, &s), Text: r.withComment(&s, s.Code+"\n", out.Notes)}}
	return out, nil
}

// MakeAll returns the snippets of several policies for a stack that has a Join, in
// one file. Their names are letters, digits and hyphens. The error is that of
// [Make].
func MakeAll(list []Request) (*Output, error) {
	var joints []stacks.Joint
	var notes []string
	for i := range list {
		r := &list[i]
		one, err := Make(*r)
		if err != nil {
			return nil, err
		}
		joints = append(joints, stacks.Joint{Name: r.PolicyName, Snippet: &one.Snippet, Routes: r.Routes})
		for _, note := range one.Notes {
			notes = append(notes, fmt.Sprintf("Policy %s: %s", r.PolicyName, note))
		}
	}
	all := list[0]
	all.others = len(list) - 1
	out := &Output{Snippet: *joints[0].Snippet, Notes: notes}
	out.Code, out.Place = all.Stack.Join(joints)
	out.Files = []File{{Path: path(all.Stack, &out.Snippet), Text: all.withComment(&out.Snippet, out.Code+"\n", notes)}}
	return out, nil
}

// path returns the path of a snippet's file below a folder.
func path(stack *stacks.Stack, s *stacks.Snippet) string {
	if strings.Contains(s.File, " ") { // words, such as a shell
		return stack.Name + ".sh"
	}
	return s.File
}

// Include returns the snippet of nginx in two files, for include.
func Include(r Request) (*Output, error) {
	if r.Stack.Name != "nginx" {
		return nil, errors.New("--include is for nginx only")
	}
	out, err := Make(r)
	if err != nil {
		return nil, err
	}
	files, inHTTP, inLocation := stacks.NginxInclude(out.Code)
	out.Place = fmt.Sprintf("with %q in http {}, and %q in each location {} that needs it, before proxy_pass", inHTTP, inLocation)
	out.Files = out.fromMap(r, files)
	return out, nil
}

// Folder returns a folder that starts the stack with the snippet.
func Folder(r Request, at stacks.Addresses) (*Output, error) {
	if r.Stack.Server == nil {
		return nil, fmt.Errorf("corsac cannot start %s; it can start %s", r.Stack.Name, strings.Join(Runnable(), ", "))
	}
	out, err := Make(r)
	if err != nil {
		return nil, err
	}
	alone := r.Stack.Server.Alone
	if alone == nil {
		out.Files = out.fromMap(r, r.Stack.Server.Folder(out.Code, at))
		return out, nil
	}
	out.Notes = append(out.Notes, alone.Note)
	stack := *r.Stack
	stack.Versions = alone.Versions
	r.Stack = &stack
	out.Files = out.fromMap(r, stack.Server.FolderAlone(r.Policy, at))
	return out, nil
}

// fromMap returns files sorted by path, each with the comment, except scripts and
// those that say by themselves who wrote them.
func (o *Output) fromMap(r Request, texts map[string]string) (files []File) {
	for name, text := range texts {
		f := File{Path: name, Text: text, Executable: strings.HasSuffix(name, ".sh")}
		plain := f.Executable || filepath.Base(name) == "go.mod" || name == "requirements.txt" || strings.HasPrefix(text, "// Written by corsac ")
		if s := (stacks.Snippet{File: name, Code: text}); !plain {
			f.Text = r.withComment(&s, text, o.Notes)
		}
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files
}

// Runnable returns the names of the stacks that have a [Folder], sorted.
func Runnable() (names []string) {
	for _, s := range stacks.All() {
		if s.Server != nil {
			names = append(names, s.Name)
		}
	}
	return names
}
