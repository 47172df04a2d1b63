package output

// Names under which a command finds the outputs of the run before it.
const (
	PreviousStdout = "PULUMI_COMMAND_STDOUT"
	PreviousStderr = "PULUMI_COMMAND_STDERR"
)

// Previous returns the environment that carries earlier outputs, unless the input "addPreviousOutputInEnv" says no.
// Empty outputs are left out.
func Previous(wanted *bool, stdout, stderr string) map[string]string {
	environment := map[string]string{}
	if wanted != nil && !*wanted {
		return environment
	}
	if stdout != "" {
		environment[PreviousStdout] = stdout
	}
	if stderr != "" {
		environment[PreviousStderr] = stderr
	}
	return environment
}
