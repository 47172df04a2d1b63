package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"berth.invalid/engine/command/output"
)

// How long a cancelled command may take to end after SIGTERM before SIGKILL.
const graceAfterTerm = 5 * time.Second

// reporter is how a person hears of progress; the engine's logger is one.
type reporter interface {
	InfoStatus(message string)
}

// call is one run of one command.
type call struct {
	// step is "create", "update", "delete" or "run".
	step    string
	command string
	inputs  BaseInputs
}

// run runs the command and writes what it printed and left behind to out, which holds the run before until then.
func (c call) run(ctx context.Context, report reporter, out *BaseOutputs) error {
	capture := output.NewCapture(output.ShownBy(c.inputs.Logging), report.InfoStatus)
	process, err := c.process(out)
	if err != nil {
		return fmt.Errorf("%s: %w", c.step, err)
	}
	process.Stdout, process.Stderr = capture.Stdout(), capture.Stderr()
	started := time.Now()
	err = runUntil(ctx, process)
	capture.Finish()
	if err != nil {
		return &output.Failure{
			Step: c.step, How: ending(err), Elapsed: time.Since(started), Ending: capture.Ending(), Cause: err,
		}
	}
	if err := c.collect(process.Dir, out); err != nil {
		return fmt.Errorf("%s: %w", c.step, err)
	}
	out.Stdout, out.Stderr = capture.Text()
	return nil
}

func (c call) process(previous *BaseOutputs) (*exec.Cmd, error) {
	arguments := append(c.interpreter(), c.command)
	process := exec.Command(arguments[0], arguments[1:]...)
	// A group of its own, so that a cancelled command takes what it started with it.
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if c.inputs.Stdin != nil && *c.inputs.Stdin != "" {
		process.Stdin = strings.NewReader(*c.inputs.Stdin)
	}
	process.Env = os.Environ()
	if c.inputs.Environment != nil {
		process.Env = appendAll(process.Env, *c.inputs.Environment)
	}
	process.Env = appendAll(process.Env,
		output.Previous(c.inputs.AddPreviousOutputInEnv, previous.Stdout, previous.Stderr))
	var err error
	if process.Dir, err = c.folder(); err != nil {
		return nil, err
	}
	return process, nil
}

func (c call) interpreter() []string {
	if c.inputs.Interpreter != nil && len(*c.inputs.Interpreter) > 0 {
		return append([]string{}, *c.inputs.Interpreter...)
	}
	return []string{"/bin/sh", "-c"}
}

func (c call) folder() (string, error) {
	if c.inputs.Dir != nil {
		return *c.inputs.Dir, nil
	}
	return os.Getwd()
}

func appendAll(environment []string, more map[string]string) []string {
	for name, value := range more {
		environment = append(environment, name+"="+value)
	}
	return environment
}

func runUntil(ctx context.Context, process *exec.Cmd) error {
	if err := process.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- process.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		stop(process.Process.Pid, ended)
		return context.Cause(ctx)
	}
}

func stop(group int, ended <-chan error) {
	_ = syscall.Kill(-group, syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(graceAfterTerm):
		_ = syscall.Kill(-group, syscall.SIGKILL)
		<-ended
	}
}

// ending leaves the interpreter's arguments out: the command is one of them.
func ending(err error) string {
	var exit *exec.ExitError
	var path *os.PathError
	switch {
	case errors.As(err, &exit):
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return "was ended by signal " + status.Signal().String()
		}
		return fmt.Sprintf("ended with exit code %d", exit.ExitCode())
	case errors.As(err, &path):
		return fmt.Sprintf("could not be started: %s: %v", path.Path, path.Err)
	case errors.Is(err, context.Canceled):
		return "was cancelled"
	case errors.Is(err, context.DeadlineExceeded):
		return "ran out of time"
	default:
		return err.Error()
	}
}
