package paste

// PosixWords returns the words of the first command.
func PosixWords(text string) ([]string, error) {
	commands, err := posixCommands(text, given{})
	if err != nil || len(commands) == 0 {
		return nil, err
	}
	return commands[0].words, nil
}

// CmdWords returns the words of the first command.
func CmdWords(text string) []string {
	commands, err := cmdCommands(text, given{})
	if err != nil || len(commands) == 0 {
		return nil
	}
	return commands[0].words
}
