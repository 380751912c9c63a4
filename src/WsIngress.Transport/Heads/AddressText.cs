using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace WsIngress.Transport.Heads;

/// <summary>Addresses as peers write them in headers.</summary>
internal static class AddressText
{
    /// <summary>An address as it is written today: .NET also takes <c>9</c> and <c>011.1</c>, on whose meaning readers differ.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out IPAddress? address) =>
        IPAddress.TryParse(text, out address) && (address.AddressFamily != AddressFamily.InterNetwork || address.ToString() == text);
}
