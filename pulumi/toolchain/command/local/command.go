// Package local holds the resource and the function that run commands on the machine the engine runs on.
package local

import (
	"context"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Command runs a script when the resource is created, updated and deleted.
type Command struct{}

// Annotate describes the resource to the schema.
func (c *Command) Annotate(a infer.Annotator) {
	a.Describe(&c, "A command run on this machine.")
}

// ResourceInputs are the inputs that only the resource has.
type ResourceInputs struct {
	Triggers *[]any  `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Create   *string `pulumi:"create,optional"`
	Update   *string `pulumi:"update,optional"`
	Delete   *string `pulumi:"delete,optional"`
}

// Annotate describes the inputs to the schema.
func (r *ResourceInputs) Annotate(a infer.Annotator) {
	a.Describe(&r.Triggers, "Values of any kind; when one changes, the resource is replaced.")
	a.Describe(&r.Create, "The command run when the resource is created, and when it is updated without `update`.")
	a.Describe(&r.Update, "The command run when an input changed.")
	a.Describe(&r.Delete, "The command run when the resource is deleted.")
}

// BaseInputs are the inputs that resource and function share.
type BaseInputs struct {
	Stdin                  *string            `pulumi:"stdin,optional"`
	Logging                *Logging           `pulumi:"logging,optional"`
	Interpreter            *[]string          `pulumi:"interpreter,optional"`
	Dir                    *string            `pulumi:"dir,optional"`
	Environment            *map[string]string `pulumi:"environment,optional"`
	AssetPaths             *[]string          `pulumi:"assetPaths,optional"`
	ArchivePaths           *[]string          `pulumi:"archivePaths,optional"`
	AddPreviousOutputInEnv *bool              `pulumi:"addPreviousOutputInEnv,optional"`
}

// Annotate describes the inputs to the schema.
func (b *BaseInputs) Annotate(a infer.Annotator) {
	const patterns = " Patterns are relative to `dir`; `*` matches within a folder, `**` across folders, and a pattern " +
		"that starts with `!` takes away what earlier ones found."
	a.Describe(&b.Stdin, "What the command reads from standard input.")
	a.Describe(&b.Logging, "Which streams are shown while the command runs; both, if left out.")
	a.Describe(&b.Interpreter, "Program and arguments in front of the command; `[\"/bin/sh\", \"-c\"]`, if left out.")
	a.Describe(&b.Dir, "The folder to run in. It must exist.")
	a.Describe(&b.Environment, "Environment variables, besides those of the engine.")
	a.Describe(&b.AssetPaths, "Files to read after the command has ended."+patterns)
	a.Describe(&b.ArchivePaths, "Files to put into one archive after the command has ended."+patterns)
	a.Describe(&b.AddPreviousOutputInEnv, "Whether PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR carry the outputs "+
		"of the run before; yes, if left out.")
}

// BaseOutputs are what the last run printed and left behind.
type BaseOutputs struct {
	Stdout  string                            `pulumi:"stdout"`
	Stderr  string                            `pulumi:"stderr"`
	Assets  *map[string]*types.AssetOrArchive `pulumi:"assets,optional"`
	Archive *resource.Archive                 `pulumi:"archive,optional"`
}

// Annotate describes the outputs to the schema.
func (o *BaseOutputs) Annotate(a infer.Annotator) {
	a.Describe(&o.Stdout, "What the command printed to standard output.")
	a.Describe(&o.Stderr, "What the command printed to standard error.")
	a.Describe(&o.Assets, "The files found by `assetPaths`, by their path relative to `dir`.")
	a.Describe(&o.Archive, "The files found by `archivePaths`.")
}

// CommandInputs are the resource's inputs.
type CommandInputs struct {
	ResourceInputs
	BaseInputs
}

// CommandOutputs are the resource's state.
type CommandOutputs struct {
	CommandInputs
	BaseOutputs
}

// Create runs the command `create`, if there is one.
func (*Command) Create(
	ctx context.Context, req infer.CreateRequest[CommandInputs],
) (infer.CreateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: req.Inputs}
	id, err := resource.NewUniqueHex(req.Name, 8, 0)
	if err == nil && !req.DryRun && req.Inputs.Create != nil {
		step := call{step: "create", command: *req.Inputs.Create, inputs: req.Inputs.BaseInputs}
		err = step.run(ctx, p.GetLogger(ctx), &state.BaseOutputs)
	}
	return infer.CreateResponse[CommandOutputs]{ID: id, Output: state}, err
}

// Update runs the command `update`, or `create` where there is none.
func (*Command) Update(
	ctx context.Context, req infer.UpdateRequest[CommandInputs, CommandOutputs],
) (infer.UpdateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: req.Inputs, BaseOutputs: req.State.BaseOutputs}
	command := req.Inputs.Update
	if command == nil {
		command = req.Inputs.Create
	}
	var err error
	if !req.DryRun && command != nil {
		step := call{step: "update", command: *command, inputs: req.Inputs.BaseInputs}
		err = step.run(ctx, p.GetLogger(ctx), &state.BaseOutputs)
	}
	return infer.UpdateResponse[CommandOutputs]{Output: state}, err
}

// Delete runs the command `delete`, if there is one.
func (*Command) Delete(ctx context.Context, req infer.DeleteRequest[CommandOutputs]) (infer.DeleteResponse, error) {
	if req.State.Delete == nil {
		return infer.DeleteResponse{}, nil
	}
	step := call{step: "delete", command: *req.State.Delete, inputs: req.State.BaseInputs}
	return infer.DeleteResponse{}, step.run(ctx, p.GetLogger(ctx), &req.State.BaseOutputs)
}
