package config

import (
	"strings"

	"github.com/corsac-dev/corsac/internal/similar"
)

// mostSimilar returns which of the known names someone most likely meant, or "".
func mostSimilar(name string, known []string) string {
	if best := similar.Nearest(name, known, fold); best != "" {
		return best
	}
	name = fold(name)
	for _, k := range known { // origins for allow_origins, as other programs say
		if len(name) >= 4 && strings.HasSuffix(fold(k), name) {
			return k
		}
	}
	return ""
}

var separators = strings.NewReplacer("_", "", "-", "", " ", "")

// fold removes in what ways programs differ: case, hyphens and "allowed".
func fold(name string) string {
	name = separators.Replace(strings.ToLower(name[:min(len(name), 64)]))
	for _, prefix := range []string{"allowed", "accesscontrolallow", "cors"} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			return "allow" + rest
		}
	}
	return strings.TrimPrefix(strings.Replace(name, "exposed", "expose", 1), "accesscontrol")
}
