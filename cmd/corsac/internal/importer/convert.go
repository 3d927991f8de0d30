package importer

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/generate"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// Convert returns the valid policies as another stack has them, and what to know
// about that. A stack that cannot have several policies in one text has a file for
// each, in a folder with the name of the policy. The error may be a
// [*generate.Inexpressible].
func (im *Import) Convert(to *stacks.Stack, narrower bool) (files []generate.File, notes []string, err error) {
	if to.Name == "corsac" {
		return []generate.File{{Path: "corsac.yaml", Text: im.File()}}, nil, nil
	}
	var requests []generate.Request
	for _, p := range im.Valid() {
		requests = append(requests, generate.Request{Stack: to, Policy: p.Policy, PolicyName: p.Name, Routes: p.routes, AllowNarrower: narrower})
	}
	outputs, err := outputsOf(to, requests)
	if err != nil {
		return nil, nil, err
	}
	note := func(lines ...string) {
		for _, line := range lines {
			if !slices.Contains(notes, line) {
				notes = append(notes, line)
			}
		}
	}
	for i, out := range outputs {
		file := out.Files[0]
		if len(outputs) > 1 {
			file.Path = path.Join(requests[i].PolicyName, file.Path)
		}
		files = append(files, file)
		if out.Install != "" {
			for _, line := range shell.Lines(out.Install) {
				note("install what it needs: " + line)
			}
		}
		note("it belongs in " + strings.TrimSuffix(out.File+", "+out.Place, ", "))
		note(out.Notes...)
	}
	for _, p := range im.Valid() {
		note(p.unasked()...)
	}
	return files, notes, nil
}

// outputsOf returns what is generated: all of it in one file, if the stack can have
// that.
func outputsOf(to *stacks.Stack, requests []generate.Request) (list []*generate.Output, err error) {
	if len(requests) > 1 && to.Join != nil {
		out, err := generate.MakeAll(requests)
		return []*generate.Output{out}, err
	}
	for _, r := range requests {
		out, err := generate.Make(r)
		if err != nil {
			return nil, err
		}
		list = append(list, out)
	}
	return list, nil
}

// unasked says what the policy allows only because the stack that was read does so
// by itself: a corrected version still allows it.
func (p *Policy) unasked() (notes []string) {
	for _, field := range []string{"allow_origins", "allow_methods", "allow_headers", "allow_credentials"} {
		var values []string
		var at *finding.Place
		for i := range p.Entries {
			if e := &p.Entries[i]; e.Field == field && e.Default {
				values, at = append(values, e.Value), e.Places[0]
			}
		}
		if len(values) > 0 && (field == "allow_methods" || field == "allow_credentials" || slices.Contains(values, "*")) {
			notes = append(notes, fmt.Sprintf("%s is %s only because %s does so by default (%s): if pages need less, write it there, and import it again",
				field, strings.Join(values, ", "), stacks.Lookup(p.Stack).Title, finding.Position(at)))
		}
	}
	return notes
}

// Choose leaves only the policy of a name. The error says which there are.
func (im *Import) Choose(name string) error {
	i := slices.IndexFunc(im.Policies, func(p *Policy) bool { return p.Name == name })
	if i < 0 {
		return fmt.Errorf("there is no policy %q; there is %s", name, strings.Join(im.Names(), ", "))
	}
	im.Policies = im.Policies[i : i+1]
	im.Routes = slices.DeleteFunc(im.Routes, func(r Route) bool { return r.Policy != name })
	return nil
}

// Names returns the names of the valid policies.
func (im *Import) Names() (names []string) {
	for _, p := range im.Valid() {
		names = append(names, p.Name)
	}
	return names
}

// Whole reports whether everything was carried over, at least nearly as it was: no
// policy allows more than what is there. With gateway, the routes count, too.
func (im *Import) Whole(gateway bool) bool {
	whole := func(list []Remark) bool {
		return !slices.ContainsFunc(list, func(r Remark) bool { return r.Kind != stacks.Differs })
	}
	return len(im.left(gateway)) == 0 && (!gateway || whole(im.Listeners)) && whole(im.Remarks) && !slices.ContainsFunc(im.Policies, func(p *Policy) bool { return !whole(p.Remarks) })
}

// left returns a line for each route that is not carried over: to corsac serve, or
// to any other server.
func (im *Import) left(gateway bool) (lines []string) {
	for i := range im.Routes {
		if r := &im.Routes[i]; r.Problem != "" && (gateway || r.part.Barrier != "") {
			lines = append(lines, r.left())
		}
	}
	return lines
}

// left says why a route is not carried over.
func (r *Route) left() string {
	return "No route for " + r.title() + ": " + r.Problem
}

// Lost returns a line for each thing that is not carried over, or not quite; with
// gateway, to corsac serve.
func (im *Import) Lost(gateway bool) (lines []string) {
	add := func(list []Remark) {
		for i := range list {
			lines = append(lines, list[i].Line())
		}
	}
	add(im.Remarks)
	for _, p := range im.Policies {
		add(p.Remarks)
	}
	if gateway {
		add(im.Listeners)
	}
	return append(lines, im.left(gateway)...)
}

// Refused returns the errors of the policies that are not valid.
func (im *Import) Refused() (errs []error) {
	for _, p := range im.Policies {
		for _, e := range p.Errors {
			errs = append(errs, fmt.Errorf("%s: policy %s: %s", finding.Position(p.Sites[0].Place), p.Name, e))
		}
	}
	return errs
}
