package importer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/generate"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// ErrSeveral is the error of policies that a stack cannot have in one text.
var ErrSeveral = errors.New("there are several policies")

// Convert returns the valid policies as another stack has them, and what to know
// about that. The error may be a [*generate.Inexpressible], or [ErrSeveral] for a
// stack whose files have no comments to tell the policies apart.
func (im *Import) Convert(to *stacks.Stack, narrower bool) (text string, notes []string, err error) {
	if to.Name == "corsac" {
		return im.File(), nil, nil
	}
	valid := im.Valid()
	var texts []string
	for _, p := range valid {
		out, err := generate.Make(generate.Request{Stack: to, Policy: p.Policy, PolicyName: p.Name, Routes: p.routes, AllowNarrower: narrower})
		if err != nil {
			return "", nil, err
		}
		if len(valid) > 1 && strings.HasPrefix(out.Files[0].Text, "{") {
			return "", nil, fmt.Errorf("%w, and %s needs a file for each", ErrSeveral, to.Title)
		}
		texts = append(texts, out.Files[0].Text)
		if out.Install != "" {
			for _, line := range shell.Lines(out.Install) {
				notes = append(notes, "install what it needs: "+line)
			}
		}
		notes = append(notes, "it belongs in "+strings.TrimSuffix(out.File+", "+out.Place, ", "))
		notes = append(notes, out.Notes...)
		notes = append(notes, p.unasked()...)
	}
	return strings.Join(texts, "\n"), notes, nil
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
// policy allows more than what is there.
func (im *Import) Whole() bool {
	whole := func(list []Remark) bool {
		return !slices.ContainsFunc(list, func(r Remark) bool { return r.Kind != stacks.Differs })
	}
	return whole(im.Remarks) && !slices.ContainsFunc(im.Policies, func(p *Policy) bool { return !whole(p.Remarks) })
}

// Lost returns a line for each thing that is not carried over, or not quite.
func (im *Import) Lost() (lines []string) {
	add := func(list []Remark) {
		for i := range list {
			lines = append(lines, list[i].Line())
		}
	}
	add(im.Remarks)
	for _, p := range im.Policies {
		add(p.Remarks)
	}
	return lines
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
