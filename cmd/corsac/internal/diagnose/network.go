package diagnose

import "github.com/corsac-dev/corsac/fetch/cause"

// onlyOptions finds that OPTIONS alone gets no answer.
func onlyOptions(s *scene) *shown {
	if !s.preflight() {
		return nil
	}
	if r := s.actual(); r != nil && r.Status != 0 {
		return by(r)
	}
	return nil
}

// misspelledURL finds that another spelling of the URL works where the server of
// this one cannot be reached, or does not answer.
func misspelledURL(slug string, kinds spelling) rule {
	return rule{rank: network, of: []string{slug}, find: func(s *scene) *shown {
		if r := s.otherSpelling(urlOf(s.v.Request.URL), kinds); r != nil {
			return by().callInstead(r, cause.Lookup(slug).Fix)
		}
		return nil
	}}
}
