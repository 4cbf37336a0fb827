//! What was done to a picture on the way in that its owner should know.

/// A remark about a decoded picture; its `Display` is one sentence for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Note {
    #[error("Transparent parts were laid over white.")]
    AlphaOverWhite,
    #[error("The picture is grey: all three channels are the same.")]
    Grey,
    #[error("The picture has 16 bits a channel: all are used, and a saved PNG has 8.")]
    SixteenBit,
    /// By a browser.
    #[error("The picture has 16 bits a channel: here 8 of them are used, all by the program for the terminal.")]
    EightOfSixteen,
    #[error("The picture's values are not limited to 0 to 1: those outside were clipped.")]
    Clipped,
    #[error("The file holds several pictures: the first one is used.")]
    FirstOfSeveral,
    #[error("The picture was turned upright, as the camera noted in the file.")]
    Turned,
    #[error(
        "The file's colour profile is not applied: its values are read as sRGB, so colours may look a little different."
    )]
    ProfileIgnored,
}
