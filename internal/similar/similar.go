// Package similar finds the name that someone most likely meant.
package similar

// maxName bounds the names that are compared, in bytes.
const maxName = 64

// Nearest returns the known name that differs from name by the fewest letters,
// or "" if none is near: at most two letters, and half of the known name. fold
// brings a name into the form that is compared; nil compares names as they are.
func Nearest(name string, known []string, fold func(string) string) string {
	if fold == nil {
		fold = func(s string) string { return s }
	}
	if name = fold(name); len(name) > maxName {
		return ""
	}
	best, least := "", 3
	for _, k := range known {
		folded := fold(k)
		if gap := len(name) - len(folded); gap >= least || -gap >= least {
			continue
		}
		if n := distance(name, folded, least); n < least && n <= len(k)/2 {
			best, least = k, n
		}
	}
	return best
}

// distance returns the number of letters to insert, remove, replace or swap to
// turn a into b, or enough if it is no smaller.
func distance(a, b string, enough int) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, last, row = last, row, before
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > enough {
			return enough
		}
	}
	return row[len(b)]
}
