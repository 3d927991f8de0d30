package verify

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/mask"
)

var variable = lazyregexp.New(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// Secrets fills in variables and keeps what they stand for out of reports.
type Secrets struct {
	// Getenv reads the environment.
	Getenv func(string) string

	values []string
}

// minSecret is the length of the shortest value that is kept out of reports. A
// shorter one is part of too many words.
const minSecret = 4

// Expand replaces ${NAME} in a text. The error names a variable that is not set.
func (s *Secrets) Expand(text string) (string, error) {
	var missing error
	expanded := variable.Get().ReplaceAllStringFunc(text, func(ref string) string {
		value := s.Getenv(ref[2 : len(ref)-1])
		if value == "" && missing == nil {
			missing = fmt.Errorf("the environment has no value for %s", ref)
		}
		s.Hide(value)
		return value
	})
	return expanded, missing
}

// ExpandRequest fills in the variables in the headers, cookies and bodies of requests,
// in place, and returns them as they were written.
func (s *Secrets) ExpandRequest(headers, cookies, data []string) (written [3][]string, err error) {
	for n, list := range [][]string{headers, cookies, data} {
		written[n] = slices.Clone(list)
		for i := range list {
			var missing error
			list[i], missing = s.Expand(list[i])
			err = errors.Join(err, missing)
		}
	}
	for _, h := range headers {
		if name, value, _ := strings.Cut(h, ":"); mask.IsSecretHeader(strings.ToLower(strings.TrimSpace(name))) {
			s.Hide(strings.TrimSpace(value))
		}
	}
	return written, err
}

// HeaderNames returns the names of headers that are written as curl has them.
func HeaderNames(headers []string) (names []string) {
	for _, h := range headers {
		name, _, _ := strings.Cut(h, ":")
		names = append(names, strings.TrimSuffix(name, ";"))
	}
	return names
}

// Hide keeps a value out of reports.
func (s *Secrets) Hide(value string) {
	if len(value) >= minSecret && !slices.Contains(s.values, value) {
		s.values = append(s.values, value)
		slices.SortFunc(s.values, func(a, b string) int { return len(b) - len(a) })
	}
}

// Mask returns text without secrets.
func (s *Secrets) Mask(text string) string {
	for _, value := range s.values {
		text = strings.ReplaceAll(text, value, "[masked]")
	}
	return text
}

// MaskCases masks all texts of the cases.
func (s *Secrets) MaskCases(cases []finding.Case) {
	for i := range cases {
		c := &cases[i]
		c.Group, c.Name, c.Subject, c.Skipped = s.Mask(c.Group), s.Mask(c.Name), s.Mask(c.Subject), s.Mask(c.Skipped)
		for j := range c.Findings {
			f := &c.Findings[j]
			f.Title, f.Why, f.Fix.Text, f.Fix.Check = s.Mask(f.Title), s.Mask(f.Why), s.Mask(f.Fix.Text), s.Mask(f.Fix.Check)
			f.Evidence = slices.Clone(f.Evidence)
			for k := range f.Evidence {
				f.Evidence[k] = s.Mask(f.Evidence[k])
			}
			if f.Place != nil {
				place := *f.Place
				place.URL = s.Mask(place.URL)
				f.Place = &place
			}
		}
	}
}
