using WsIngress.Transport.Tls;

namespace WsIngress.Transport.Loops;

/// <summary>
/// A socket on its way from one owner to the next, in one turn of its loop: its descriptor and, on TLS, its session. Who takes it owns both.
/// </summary>
/// <param name="Descriptor">Open.</param>
/// <param name="Tls">Null on plain sockets.</param>
/// <param name="Place">Where the loop watches it already, so that the next owner need not ask the kernel for it again.</param>
internal readonly record struct BareSocket(int Descriptor, TlsSession? Tls, LoopPlace Place = default);

/// <summary>A place in the table of a loop, and the events that the kernel reports for it; <c>default</c> for none.</summary>
internal readonly record struct LoopPlace(int Slot, uint Generation, uint Interest);
