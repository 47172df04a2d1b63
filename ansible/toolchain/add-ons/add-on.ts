/** What a node image holds for an add-on: container images with one program each, compiled from a pinned Go module. */
export interface AddOnImage {
  /** Of the image, of the program in it, and of its module in `modules/`. */
  readonly name: string;
  /** Of the module, without `v`. The image is called `berth.invalid/<name>:v<version>`. */
  readonly version: string;
  /** Import path of the main package. */
  readonly package: string;
  /** Settings of the linker: variable to value. */
  readonly set: Readonly<Record<string, string>>;
  /** Seconds that compiling takes with empty caches on two cores. */
  readonly estimate: number;
}

export interface AddOnImages {
  /** Of its definition in `app/domain/add-ons`. */
  readonly id: string;
  readonly images: readonly AddOnImage[];
}
