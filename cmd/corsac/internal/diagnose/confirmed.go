package diagnose

import "github.com/corsac-dev/corsac/internal/protocol"

// unroutedPreflight confirms that only OPTIONS fails.
func unroutedPreflight(s *scene) *shown {
	if !s.preflight() {
		return nil
	}
	if r := s.actual(); r.allows(s.sent(), false) {
		return by(r)
	}
	return nil
}

// onlyThisError confirms that other answers of the server have CORS headers, or
// that the preflight had.
func (s *scene) onlyThisError() *shown {
	if s.preflight() || s.has(protocol.AllowOrigin) {
		return nil
	}
	if r := s.nowhere(); r.allows(s.sent(), false) {
		return by(r)
	}
	if w := s.preflightPassed(); w != nil {
		return by().saying("the preflight passed with " + w.StatusText())
	}
	return nil
}
