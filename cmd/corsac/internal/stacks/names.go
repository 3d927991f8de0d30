package stacks

// Names returns the name of every stack, sorted.
func Names() (names []string) {
	for _, s := range All() {
		names = append(names, s.Name)
	}
	return names
}
