namespace WsIngress.Translation;

/// <summary>The closed list of what can be wrong with an object. Each member is a metric label, an Event reason and a page in docs/troubleshooting.md.</summary>
public enum ProblemReason
{
    /// <summary>A file or document that is no Kubernetes object: YAML syntax, missing kind, wrong type of a field.</summary>
    Unparsable,

    /// <summary>A required field is missing or a field has a value outside of what the API allows.</summary>
    InvalidField,

    /// <summary>A host that is no DNS name and no one-label wildcard.</summary>
    InvalidHost,

    /// <summary>A path that does not begin with a slash, is too long or cannot be normalised.</summary>
    InvalidPath,

    /// <summary>A regex that does not compile on the non-backtracking engine.</summary>
    InvalidRegex,

    /// <summary>An annotation of ours with a value that is not allowed; its default applies, or the route is closed if it guards access.</summary>
    InvalidAnnotation,

    /// <summary>An annotation under our prefix that does not exist.</summary>
    UnknownAnnotation,

    /// <summary>An annotation of another controller on an Ingress of ours; nothing reads it.</summary>
    ForeignAnnotation,

    /// <summary>spec.ingressClassName names a class that does not exist.</summary>
    ClassNotFound,

    /// <summary>Another, older object has the same host and path.</summary>
    Conflict,

    /// <summary>The Service does not exist.</summary>
    ServiceNotFound,

    /// <summary>The Service has no such port.</summary>
    PortNotFound,

    /// <summary>No endpoint of the Service is ready.</summary>
    NoReadyEndpoints,

    /// <summary>The Service is an ExternalName and these are switched off, or its name is not usable.</summary>
    ExternalNameRefused,

    /// <summary>A backend that is a resource and no Service.</summary>
    UnsupportedBackend,

    /// <summary>The Secret does not exist.</summary>
    SecretNotFound,

    /// <summary>The right to read the Secret is missing.</summary>
    SecretForbidden,

    /// <summary>The Secret has the wrong type or lacks a key.</summary>
    SecretInvalid,

    /// <summary>Certificate or key cannot be read, do not belong together, or do not cover the host.</summary>
    CertificateInvalid,

    /// <summary>An EndpointSlice whose address, port or owner cannot be used.</summary>
    EndpointInvalid,

    /// <summary>Two objects of one kind, namespace and name in the folder.</summary>
    Duplicate,

    /// <summary>A defect of WsIngress itself while it translated this object; the others are served.</summary>
    InternalError,
}
